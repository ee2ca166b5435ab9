//! The screen: model, message, action, update, effect; views and widgets that only draw.
